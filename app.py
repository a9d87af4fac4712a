"""VIN Desk: `make app`, or `streamlit run app.py`. Which desks there are; each is a page of its own."""

import streamlit as st

st.set_page_config(page_title="VIN Desk", layout="wide")

st.navigation([st.Page("pages/read.py", title="Read", default=True)], position="top").run()
