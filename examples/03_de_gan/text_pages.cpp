#include "text_pages.hpp"

#include <sstream>

#include "depix/data/pages/page_script.hpp"
#include "pages.hpp"

namespace {

/// Fills a page with lines of words, and returns the words.
std::string print_words(depix::Image& ink, depix::detail::PrintedScript& script, depix::Random& random) {
    static const std::vector<std::string> words = [] {
        std::istringstream text(
            "the of and to in that it with for was his which be not as by had from this at have are been all were "
            "their any may said one more upon such other between under county court letter received paper year present "
            "honour general great state country people first house name after before should would could government "
            "petition certificate witness office treasury hereby thereof himself many subject quantity judge king "
            "exchange very joyful liberty property York John Thomas William 1743 1820 56 9 38 17");
        std::vector<std::string> list;
        for (std::string word; text >> word;) list.push_back(word);
        return list;
    }();
    const double margin = 40, right = ink.shape.width - margin, pitch = 1.4 * script.size();
    std::string text;
    for (double y = margin + script.size(); y < ink.shape.height - margin; y += pitch) {
        for (double x = margin;;) {
            const std::string& word = depix::detail::pick(words, random);
            const std::u32string letters(word.begin(), word.end());
            if (x + script.width(letters) > right) break;
            script.write(ink, letters, x, y, random);
            x += script.width(letters) + script.space();
            text += word + " ";
        }
        text += "\n";
    }
    return text;
}

}  // namespace

std::vector<example::TextPage> example::draw_text_pages(std::size_t count, Blur blur, std::uint64_t seed) {
    const std::vector<depix::Font> fonts = depix::page_fonts(
        {"LiberationSerif-Regular", "LiberationSans-Regular", "LiberationSerif-Bold", "LiberationMono-Regular"});
    const depix::Damage damage = blur_damage(blur);
    std::vector<TextPage> pages;
    for (std::size_t i = 0; i < count; ++i) {
        depix::Random random(seed, 0, i);
        depix::detail::PrintedScript script(fonts[i % fonts.size()], 16 + 2 * static_cast<int>(i % 10), 0);
        TextPage page{{"text" + std::to_string(i), {}, depix::Image(whole_page)}, {}};
        page.text = print_words(page.page.clean, script, random);
        for (float& value : page.page.clean.pixels) value = 1 - value;
        page.page.degraded = page.page.clean;
        damage(page.page.degraded, random);
        pages.push_back(std::move(page));
    }
    return pages;
}
