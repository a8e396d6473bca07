"""Lines: text in, a parsed line out, and back to the canonical line. Shared by questions and commands.

parser.py       text ─► tokens ─► ParsedLine: fills the parameters, collects every mistake, builds the corrected line
spec.py         Spec: the name, summary and examples of anything that can be typed, and its Params
param_types.py  what a parameter can hold: keys, times, durations, choices; reads, writes and explains each
timespec.py     times as people type them (`7d`, `monday`), resolved in the reader's time zone
plain_words.py  the words of a sentence, and how well they fit a question
spelling.py     words of a sentence that are one letter off
time_phrases.py times in a sentence (`last week`, `two days ago`)
wishes.py       sentences that ask the bot to do something, such as to alert
"""
