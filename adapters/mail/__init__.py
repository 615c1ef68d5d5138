"""Mail: letters rendered from templates, then sent by SMTP or kept for development to look at."""
