"""The emptiest Streamlit page: a heading."""

import streamlit as st

st.title("Empty")
