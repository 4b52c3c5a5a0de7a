"""An emulator of Twilio's Messages API, for its unmodified SDK.

What it follows: https://www.twilio.com/docs/messaging/api/message-resource (creating, reading and listing
messages, status callbacks), https://www.twilio.com/docs/usage/security (signatures), and the numbers of
https://www.twilio.com/docs/iam/test-credentials.
"""

API_VERSION = "2010-04-01"
