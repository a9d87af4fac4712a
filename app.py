"""VIN Desk: `make app`, or `streamlit run app.py`. Which desks there are, and who is signed in."""

import streamlit as st

from pages.widgets import desks

st.set_page_config(page_title="VIN Desk", layout="wide")

desks.run()
