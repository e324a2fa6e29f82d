"""Rewrites of a program that make it do less and compute the same: one small pure function a file.

What a program answers under its outputs' names, and the results of layers that are kept, stay.
"""
