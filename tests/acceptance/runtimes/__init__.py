"""One suite that every runtime of AWS's own languages passes, and AWS's own runtime clients."""
