// The edit distance on cases that can be counted by hand, and the rate made of it.
#include "depix/metrics/character_error_rate.hpp"

#include <doctest/doctest.h>

using namespace depix;

TEST_CASE("edit distance") {
    CHECK(edit_distance("", "") == 0);
    CHECK(edit_distance("abc", "abc") == 0);
    CHECK(edit_distance("abc", "") == 3);
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("kitten", "sitting") == 3);
    CHECK(edit_distance("sitting", "kitten") == 3);
    CHECK(edit_distance("flaw", "lawn") == 2);
    CHECK(edit_distance("intention", "execution") == 5);
    CHECK(edit_distance("aB", "ab") == 1);  // case counts
}

TEST_CASE("character error rate: spaces count or not") {
    CHECK(character_error_rate("a b c", "abc") == 0.0);
    CHECK(character_error_rate("a b c", "a b\n\f") == doctest::Approx(1.0 / 3));
    CHECK(character_error_rate("a b c", "abc", Spaces::Count) == doctest::Approx(2.0 / 5));
    CHECK(character_error_rate("a", "abc") == 2.0);  // more errors than characters
    CHECK(character_error_rate("   ", "") == 0.0);
    CHECK(character_error_rate("   ", "x") == 1.0);
    CHECK(without_spaces(" a\tb\r\n\fc ") == "abc");
}

TEST_CASE("character errors add up, weighted by length") {
    CharacterErrors errors;
    errors += character_errors("abcdefgh", "abcdefgh");
    errors += character_errors("xy", "");
    CHECK(errors.errors == 2);
    CHECK(errors.characters == 10);
    CHECK(errors.rate() == doctest::Approx(0.2));
}
