// Each family of networks has a file of its own, because each takes a while to compile.
#include "load.hpp"
#include "train.hpp"

namespace example {

template int train_generator<PublishedRRDB, depix::Cpu>(const TrainOptions&);
template int train_generator<SmallRRDB<3>, depix::Cpu>(const TrainOptions&);
template int train_generator<SmallRRDB<1>, depix::Cpu>(const TrainOptions&);

template depix::AnyRestorer load_generator<PublishedRRDB, depix::Cpu>(const std::filesystem::path&, int);
template depix::AnyRestorer load_generator<SmallRRDB<3>, depix::Cpu>(const std::filesystem::path&, int);
template depix::AnyRestorer load_generator<SmallRRDB<1>, depix::Cpu>(const std::filesystem::path&, int);

}  // namespace example
