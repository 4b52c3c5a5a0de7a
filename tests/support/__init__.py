"""What tests share: real servers, fakes of ports, builders of documents."""
