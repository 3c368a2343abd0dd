// What the compiler is like: the tool reads the macros that are defined after this file.
#if __cplusplus < 202002L || (defined(__clang__) && __clang_major__ < 14) || (!defined(__clang__) && __GNUC__ < 12)
#error "depix needs g++ 12, clang 14, or a newer one"
#endif
#include <vector>
#include <version>
#ifdef _OPENMP
#include <omp.h>
#endif
