"""Tests that need another kernel than the host's: each boots User-Mode-Linux and runs other tests in it."""
