"""SupportCarr on Amazon Web Services: stacks of the AWS CDK."""
