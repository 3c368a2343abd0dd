// Windows' headers define these words as macros. depix's headers compile even so.
#include "standard_headers.hpp"

#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define near
#define far

#include "everything.hpp"
