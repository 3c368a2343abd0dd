#include "depix/models/page_cleaner.hpp"
#include "make_architecture.hpp"

tool::Architecture tool::page_cleaner() {
    return make_architecture<depix::PageCleaner>("page_cleaner", "scanned pages: a small U-Net", train_page_cleaner);
}
