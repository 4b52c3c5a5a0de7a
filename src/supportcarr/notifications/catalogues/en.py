"""What notifications say in English.

A text says what happened, and what its reader can do about it, if anything.  It names no person and no
place: clients that may see them read the rescue.
"""

from __future__ import annotations

from supportcarr.notifications.catalogues.shape import Catalogue

CATALOGUE = Catalogue(
    documents={
        "licence": "licence",
        "insurance": "insurance",
        "registration": "registration",
        "vehicle_photo": "vehicle photo",
        "profile_photo": "profile photo",
    },
    conjunction="and",
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    date="{month} {day}, {year}",
    amount="{symbol}{number}",
    marks=(",", "."),
    texts={
        ("deletion_requested", "anyone"): (
            "Your account will be deleted",
            "On {date} your account and your data will be erased. Until then you can keep them: sign in "
            "and cancel the deletion.",
        ),
        ("deletion_cancelled", "anyone"): (
            "Your account stays",
            "The deletion of your account was cancelled. If that was not you, change your password.",
        ),
        ("export_ready", "anyone"): (
            "The copy of your data is ready",
            "You can download it until {date}.",
        ),
        ("driver_assigned", "rider"): (
            "A driver is yours",
            "A driver has accepted your rescue. You can follow the truck on the map.",
        ),
        ("driver_assigned", "driver"): (
            "The job is yours",
            "You have accepted a rescue. Set off when you are ready.",
        ),
        ("driver_queued", "rider"): (
            "A driver is yours",
            "A driver who is finishing a job nearby will come to you next.",
        ),
        ("driver_queued", "driver"): (
            "Your next job is set",
            "You have accepted a rescue for after your present job.",
        ),
        ("driver_exchanged", "rider"): (
            "A nearer driver is coming",
            "Another driver can be with you sooner and has taken over your rescue.",
        ),
        ("driver_exchanged", "driver"): (
            "A nearer driver took over",
            "Another driver takes this rescue. You are free for the next job.",
        ),
        ("driver_gave_up", "rider"): (
            "We are looking for another driver",
            "Your driver had to give up the rescue. We are already asking others.",
        ),
        ("driver_gave_up", "driver"): (
            "The job is no longer yours",
            "The rescue has gone back to other drivers.",
        ),
        ("driver_departed", "rider"): (
            "Your driver is on the way",
            "The truck has set off. You can follow it on the map.",
        ),
        ("driver_arrived", "rider"): (
            "Your driver is here",
            "Give your driver the four-digit start PIN that your rescue shows.",
        ),
        ("job_started", "rider"): (
            "On the way home",
            "Your bike is loaded and the ride has begun.",
        ),
        ("rescue_completed", "rider"): (
            "You have arrived",
            "Your rescue is complete. You pay {paid}.",
        ),
        ("rescue_completed_fixed_on_spot", "rider"): (
            "Your bike is fixed",
            "Your driver has fixed it on the spot. You pay {paid}.",
        ),
        ("rescue_completed", "driver"): (
            "Job done",
            "The rescue is complete. You earn {earned}.",
        ),
        ("rescue_cancelled", "rider"): (
            "Your rescue is cancelled",
            "You pay nothing, and what was held on your card is released.",
        ),
        ("rescue_cancelled_fee", "rider"): (
            "Your rescue is cancelled",
            "A driver had already been on the job, so a fee of {paid} applies.",
        ),
        ("rescue_cancelled", "driver"): (
            "The rescue was cancelled",
            "You need not go there. You are free for the next job.",
        ),
        ("rescue_cancelled_fee", "driver"): (
            "The rescue was cancelled",
            "You do not need to go there. You earn {earned} for your trip.",
        ),
        ("rescue_no_show", "rider"): (
            "Your driver could not find you",
            "The driver waited and had to leave. A fee of {paid} applies.",
        ),
        ("rescue_no_show", "driver"): (
            "The rider was not there",
            "The job has ended. You earn {earned} for waiting.",
        ),
        ("rescue_unserved", "rider"): (
            "We found no driver",
            "No driver could come in time. You pay nothing, and what was held on your card is released.",
        ),
        ("rescue_rejected", "rider"): (
            "We could not take your rescue",
            "Something stood in the way. You pay nothing.",
        ),
        ("rescue_rejected_card_declined", "rider"): (
            "Your card was declined",
            "Your bank refused to hold the amount, so the rescue did not begin. Try another card.",
        ),
        ("rescue_rejected_outside_area", "rider"): (
            "We do not serve that place yet",
            "The pickup or the destination is outside our area. You pay nothing.",
        ),
        ("rescue_rejected_unsafe_battery", "rider"): (
            "Keep away from the battery",
            "A smoking or swollen battery cannot be transported. Keep your distance and call the fire "
            "service.",
        ),
        ("rescue_rejected_rider_has_live_rescue", "rider"): (
            "Your booking did not begin",
            "You have another rescue under way. You pay nothing for this one.",
        ),
        ("rescue_aborted", "rider"): (
            "Your rescue was stopped",
            "The driver could not carry on. You pay nothing unless our support tells you otherwise.",
        ),
        ("rescue_aborted", "driver"): (
            "The job was stopped",
            "The rescue has ended. You are free for the next job.",
        ),
        ("rescue_aborted_fee", "rider"): (
            "Your rescue was stopped",
            "The driver could not carry on. Our support has set {paid} to pay.",
        ),
        ("rescue_aborted_fee", "driver"): (
            "The job was stopped",
            "The rescue has ended. You earn {earned} for it.",
        ),
        ("payment_failed", "rider"): (
            "A payment did not go through",
            "Your card did not pay {amount}. Check it with your bank, or add another card.",
        ),
        ("payment_requires_action", "rider"): (
            "Your bank asks you to confirm",
            "Confirm the payment of {amount} with your bank, so that the rescue can begin.",
        ),
        ("pin_locked", "rider"): (
            "The start PIN is locked",
            "It was entered wrongly too often. Show your driver a new one from your rescue.",
        ),
        ("pin_locked", "driver"): (
            "The start PIN is locked",
            "It was entered wrongly too often. Ask the rider for a new one.",
        ),
        ("fix_proposed", "rider"): (
            "Is your bike fixed?",
            "Your driver says so, for {amount}. Confirm it if you agree, or give your driver the start PIN.",
        ),
        ("fix_confirmed", "driver"): (
            "The rider agrees",
            "The bike is fixed for up to {amount}. You can complete the rescue now.",
        ),
        ("driver_offline", "driver"): (
            "You are offline now",
            "You missed several offers in a row. Go online again when you want to drive.",
        ),
        ("hours_ending", "driver"): (
            "Your hours are nearly over",
            "In {minutes} minutes you will have driven as long as you may before a rest. Then you get no "
            "offers.",
        ),
        ("hours_limit", "driver"): (
            "Time to rest",
            "You have driven as long as you may, and are offline. Your app shows when you can go online "
            "again.",
        ),
        ("long_break", "driver"): (
            "Your shift has ended",
            "You are offline, because your break was as long as a rest. Go online again when you want to "
            "drive.",
        ),
        ("application_submitted", "driver"): (
            "Your application has arrived",
            "Our support reviews it and tells you here what it decides.",
        ),
        ("application_changes", "driver"): (
            "Your application needs changes",
            "Open your application: it says what to correct, and why. Then submit it again.",
        ),
        ("application_approved", "driver"): (
            "You are approved",
            "Go online when you want to take jobs.",
        ),
        ("statement_approved", "driver"): (
            "Your new documents are approved",
            "What you entered in your application counts from now on.",
        ),
        ("statement_refused", "driver"): (
            "Your new documents were not accepted",
            "The documents that were approved before still count. Your application says what to correct, "
            "and why.",
        ),
        ("application_rejected", "driver"): (
            "Your application was rejected",
            "Your application says why. If you think that this is a mistake, write to our support.",
        ),
        ("driver_reinstated", "driver"): (
            "You can take jobs again",
            "Your suspension has ended. Go online when you want to drive.",
        ),
        ("driver_suspended", "driver"): (
            "You cannot take jobs at present",
            "Your account as a driver is suspended. If our support gave a reason, your application shows it.",
        ),
        ("sign_in_attempts_failed", "anyone"): (
            "Wrong passwords for your account",
            "Somebody entered several wrong passwords for your number. From places where you have not "
            "signed in before, each further attempt must wait. Where you have, nothing changes.",
        ),
        ("password_changed", "anyone"): (
            "Your password was changed",
            "Everything else that was signed in to your account is signed out. If it was not you, set a "
            "new password with a code by text message.",
        ),
        ("phone_changed", "anyone"): (
            "Your phone number was changed",
            "Sign in with the new number from now on. If it was not you, contact our support at once.",
        ),
        ("totp_removed", "anyone"): (
            "Your authenticator app was removed",
            "Your account no longer asks for its codes, and everything that was signed in is signed out. "
            "If neither you nor our support did this, set a new password now and tell us.",
        ),
        ("documents_expiring", "driver"): (
            "Renew your {documents}",
            "The last day of your {documents} is {last_day}. Enter the new date in your application in "
            "time, because our support checks it first. After that day you get no offers.",
        ),
        ("documents_expired", "driver"): (
            "Expired: your {documents}",
            "You get no offers, because the last day of your {documents} was {last_day}. Enter the new "
            "date in your application; our support checks it.",
        ),
        ("documents_missing", "driver"): (
            "Your licence or insurance is missing",
            "You are offline and get no offers. Enter both in your application; our support checks them.",
        ),
        ("document_approved", "driver"): (
            "Your {document} is approved",
            "What you uploaded counts from now on.",
        ),
        ("document_rejected", "driver"): (
            "Your {document} was not accepted",
            "Your application says why. Upload another one.",
        ),
        ("rating_requested", "rider"): (
            "How was your rescue?",
            "Rate your driver. You see each other's ratings once both are in, or after seven days.",
        ),
        ("rating_requested", "driver"): (
            "How was your rider?",
            "Rate the rider. You see each other's ratings once both are in, or after seven days.",
        ),
        ("rating_shown", "rider"): (
            "Your driver has rated you",
            "You can read the rating at your rescue.",
        ),
        ("rating_shown", "driver"): (
            "Your rider has rated you",
            "You can read the rating at the rescue.",
        ),
        ("pin_renewed", "rider"): (
            "You have a new start PIN",
            "Your rescue shows the new four digits.",
        ),
        ("pin_renewed", "driver"): (
            "The start PIN is new",
            "Ask the rider for the new four digits.",
        ),
    },
)
