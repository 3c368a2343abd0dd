// The first example's command `restore` without the other commands and without the example's command line:
//     depixelizer WEIGHTS INPUT OUTPUT
#include <cstdio>
#include <exception>

#include "commands.hpp"

int main(int count, char** arguments) {
    if (count != 4) return 2;
    try {
        return example::restore({.weights = arguments[1], .input = arguments[2], .output = arguments[3]});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "depixelizer: %s\n", error.what());
        return 1;
    }
}
