"""The schedules: questions that are asked again and again, and when.

cadence.py   on which days, at which time of which zone: what it is, and how it is written and said
reading.py   a cadence as people write it
clock.py     times of day as people write them
zones.py     the zones of the world as people write them
due.py       which moment follows, and what is due: pure, with the present as an argument
"""
