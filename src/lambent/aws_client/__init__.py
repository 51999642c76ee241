"""What lambent asks of AWS's services elsewhere, or of what speaks as they do: packages in S3.

May import `model`, `kit` and botocore, which is loaded by nobody who needs none of this. Begin with `s3.py`.
"""
