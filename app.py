"""VIN Desk: `make app`, or `streamlit run app.py`. Which desks there are, and who is signed in."""

import streamlit as st

from pages.widgets import signing

st.set_page_config(page_title="VIN Desk", layout="wide")

desk = st.navigation(
    [
        st.Page("pages/read.py", title="Read", default=True),
        st.Page("pages/label.py", title="Label"),
    ],
    position="top",
)
signing.badge()
desk.run()
