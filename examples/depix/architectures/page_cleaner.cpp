#include "depix/models/page_cleaner.hpp"
#include "../embed/quantize.hpp"
#include "make_architecture.hpp"

tool::Architecture tool::page_cleaner() {
    Architecture architecture =
        make_architecture<depix::PageCleaner>("page_cleaner", "scanned pages: a small U-Net", train_page_cleaner);
    architecture.quantize = &quantize_network<depix::PageCleaner>;
    return architecture;
}
