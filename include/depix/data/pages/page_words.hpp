// Page words: the words of drawn pages, in a few languages of old documents, and numbers.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "depix/data/damage.hpp"
#include "depix/random.hpp"

namespace depix {

/// An endless sequence of words of one language. A quarter are made up from syllables, so that no list is memorized.
///
///     PageWords words(random);
///     words.next(random);         U"Between", U"said", U"county,", ...
class PageWords {
  public:
    /// Chooses the language, and whether an s inside a word is a long s, as in print before 1800.
    explicit PageWords(Random& random) : words_(detail::pick(languages(), random)), long_s_(random.uniform() < 0.25) {}

    /// The next word of the text, with the punctuation that follows it; its first letter is upper case where a sentence
    /// starts.
    std::u32string next(Random& random) {
        std::u32string word = random.uniform() < 0.75 ? std::u32string(detail::pick(words_, random)) : made_up(random);
        const bool capital = starts_ || random.uniform() < 0.08;
        if (capital && word[0] >= U'a' && word[0] <= U'z') word[0] += U'A' - U'a';
        if (long_s_) {
            for (std::size_t i = 0; i + 1 < word.size(); ++i) {
                if (word[i] == U's') word[i] = U'\u017F';
            }
        }
        const double chance = random.uniform();
        starts_ = chance < 0.06;
        if (chance < 0.06) {
            word += U'.';
        } else if (chance < 0.16) {
            word += detail::pick(std::u32string_view(U",,,,;:-"), random);
        }
        return word;
    }

    /// A number as in tables, dates and accounts: 1 to 5 digits, sometimes with a point.
    static std::u32string number(Random& random) {
        const int digits = random.integer(1, 5), point = random.integer(1, 12);
        std::u32string text;
        for (int i = 0; i < digits; ++i) {
            if (i == point) text += U'.';
            text += static_cast<char32_t>(U'0' + static_cast<char32_t>(random.integer(i == 0 ? 1 : 0, 9)));
        }
        return text;
    }

  private:
    using List = std::vector<std::u32string_view>;

    static List split(std::u32string_view text) {
        List words;
        while (!text.empty()) {
            const std::size_t end = (std::min)(text.find(U' '), text.size());
            words.push_back(text.substr(0, end));
            text.remove_prefix((std::min)(end + 1, text.size()));
        }
        return words;
    }

    /// Common words, and some that occur in letters and records.
    static const std::vector<List>& languages() {
        static const std::vector<List> lists{
            split(U"the of and to in that it with for was his which be not as by had from this at have are been all "
                  U"were their any may said one more upon such other between under county court letter received paper "
                  U"year present honour general great state country people first house name after before should would "
                  U"could government whereas petition certificate witness office treasury hereby thereof himself many "
                  U"subject quantity judge king exchange very joyful liberty property Act York John Thomas William"),
            split(
                U"der die und in den von zu das mit sich des auf f\u00FCr ist im dem nicht ein eine als auch es an "
                U"werden aus er hat da\u00DF sie nach wird bei einer um am sind noch wie einem \u00FCber einen so zum "
                U"war haben nur oder aber vor zur bis mehr durch man sein wurde Herr Jahr Natur Grund K\u00F6rper "
                U"Vereinigung Gesetz F\u00E4higkeit Geschichte K\u00F6nig Stadt Gottes Frau Sch\u00F6nheit Quelle"),
            split(U"et in est non ad ut cum quod qui per sed si quae ex aut etiam hoc enim esse autem ab nec vel ita "
                  U"dominus tempus gratia pater omnium terra secundum dictum anno domini nostri regis ecclesia testes "
                  U"dubium pecuniarum doctorum liber caput iuxta quaestio Deus Sanctus Maria Petrus"),
            split(U"de la le et les des en un du une que est pour qui dans par plus pas au sur ne ce il sont avec "
                  U"\u00E9t\u00E9 ann\u00E9e roi justice apr\u00E8s monsieur lettre m\u00EAme tr\u00E8s ville jour "
                  U"homme temps grand fait tout peut nous vous dont Paris Louis quelque presque"),
            split(U"de la que el en y los del se las por un para con no una su al lo como m\u00E1s pero sus "
                  U"se\u00F1or conde marqu\u00E9s don villa a\u00F1o rey ciudad oficio juez hijo cuenta fecha Madrid "
                  U"Emilio Rafael Cumbres Angel")};
        return lists;
    }

    static std::u32string made_up(Random& random) {
        static const List onsets =
                              split(U"b c d f g h j k l m n p qu r s t v w z br ch cl dr fr gr pl pr sch sp st th tr"),
                          vowels = split(U"a e i o u e a i au ei ie ou ea y"),
                          codas = split(U"n r s t l m d ck nd ng rt st ss gh f p x");
        std::u32string word;
        for (int syllables = random.integer(1, 3); syllables > 0; --syllables) {
            word += detail::pick(onsets, random);
            word += detail::pick(vowels, random);
            if (random.uniform() < 0.6) word += detail::pick(codas, random);
        }
        return word;
    }

    List words_;
    bool long_s_;
    bool starts_ = false;  // whether the next word starts a sentence
};

}  // namespace depix
