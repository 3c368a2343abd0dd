// The progress line: rewritten on a terminal, quiet elsewhere.
#include "depix/train/progress.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>

using namespace depix;

namespace {

const StepReport step{3, 35, 281, 563, 0.01, 0.00812, 1440, 6.4};
const EpochReport epoch{{3, 0.00812, 0.00791, 1e-3, 12.5, 1440}, 35, true, 0, 400};

template <class Report>
std::string rewritten(const Report& report) {
    return std::string("\r").append(ProgressLine::text(report));
}

}  // namespace

TEST_CASE("progress: what a step and an epoch look like") {
    CHECK(ProgressLine::text(step) ==
          "epoch  3/35 [#####------] 281/563  loss 0.00812    1440 pictures/s    0:06 left");
    CHECK(ProgressLine::text(step).size() == 79);
    CHECK(ProgressLine::text(epoch) ==
          "epoch  3/35  training 0.00812   validation 0.00791  (best)  1440/s    6:40 left");

    EpochReport later = epoch;
    later.best = false;
    later.epochs_since = 4;
    CHECK(ProgressLine::text(later).find("0.00791    (+4)") != std::string::npos);
    CHECK(ProgressLine::text(later).size() == ProgressLine::text(epoch).size());
}

TEST_CASE("progress: the columns stand still, whatever the loss") {
    StepReport report = step;
    for (const double loss : {1e-9, 9.999e-5, 1e-4, 0.0012345, 0.5, 1.0, 99.96, 999.4, 12345.0, 1e200}) {
        CAPTURE(loss);
        report.mean_loss = loss;
        CHECK(ProgressLine::text(report).find("pictures/s") == ProgressLine::text(step).find("pictures/s"));
    }
}

TEST_CASE("progress: durations") {
    CHECK(ProgressLine::duration_text(0) == "0:00");
    CHECK(ProgressLine::duration_text(59.6) == "1:00");
    CHECK(ProgressLine::duration_text(750) == "12:30");
    CHECK(ProgressLine::duration_text(3723) == "1:02:03");
    CHECK(ProgressLine::duration_text(-1) == "?");
    CHECK(ProgressLine::duration_text(0.0 / 0.0) == "?");
    CHECK(ProgressLine::duration_text(1e300) == "?");
}

TEST_CASE("progress: a terminal's line is written over and over, and ends with the epoch") {
    std::string written;
    ProgressLine line([&](const std::string& text) { written += text; }, true);
    line(step);
    line(step);  // too soon after the previous one
    CHECK(written == rewritten(step));

    written.clear();
    StepReport last = step;
    last.step = last.steps;  // the last step is never too soon
    line(last);
    CHECK(written == rewritten(last));

    written.clear();
    line(epoch);
    CHECK(written == rewritten(epoch) + "\n");

    // A shorter text must cover all of a longer one.
    written.clear();
    line(StepReport{3, 35, 563, 563, 0.01, 0.00812, 1440, 36000});
    line(StepReport{3, 35, 5, 5, 0.01, 0.00812, 1440, 6});
    const std::size_t second = written.rfind('\r');
    CHECK(written.size() - second == second);
}

TEST_CASE("progress: what is no terminal stays quiet, or gets a line an epoch") {
    std::ostringstream quiet, log;
    ProgressLine silent(quiet), logging(log, NoTerminal::LinePerEpoch);
    for (ProgressLine* line : {&silent, &logging}) {
        (*line)(step);
        (*line)(epoch);
    }
    CHECK(quiet.str().empty());
    CHECK(log.str() == ProgressLine::text(epoch) + "\n");

    std::FILE* const file = std::tmpfile();
    REQUIRE(file != nullptr);
    ProgressLine to_file(file, NoTerminal::LinePerEpoch);
    to_file(step);
    CHECK(std::ftell(file) == 0);
    to_file(epoch);
    CHECK(std::ftell(file) == static_cast<long>(log.str().size()));
    std::fclose(file);
}
