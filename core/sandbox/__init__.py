"""The sandbox: a server that speaks the Gemini REST protocol, with a deterministic text engine.

It is not a language model. Its answers depend on the prompt by rules that can be read in
`core/sandbox/text/`, so a better prompt really scores better. It knows nothing of the workbench.
"""
