"""Golden pairs: for each operation of Lambda what is asked, and what AWS answers, to the byte, each with its source.

They are written from AWS's documents and from recordings of AWS, never from our own answers. Begin at `case.py`.
"""
