// This file has no code of its own; the precompiled header of DEPIX_QUICK_TESTS belongs to it.
