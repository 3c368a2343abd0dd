// Nothing of its own: the precompiled header of DEPIX_QUICK_TESTS belongs to this file.
