"""VIN Desk without its desks: everything that reads, learns and keeps. No Streamlit in here."""
