// Each family of networks has a file of its own, because each takes a while to compile.
#include "foreign.hpp"
#include "load.hpp"
#include "train.hpp"

namespace example {

template int train_generator<PublishedSRResNet, depix::Cpu>(const TrainOptions&);
template int train_generator<SmallSRResNet<3>, depix::Cpu>(const TrainOptions&);
template int train_generator<SmallSRResNet<1>, depix::Cpu>(const TrainOptions&);

template depix::AnyRestorer load_generator<PublishedSRResNet, depix::Cpu>(const std::filesystem::path&, int);
template depix::AnyRestorer load_generator<SmallSRResNet<3>, depix::Cpu>(const std::filesystem::path&, int);
template depix::AnyRestorer load_generator<SmallSRResNet<1>, depix::Cpu>(const std::filesystem::path&, int);
template depix::AnyRestorer load_generator<ForeignSrgan, depix::Cpu>(const std::filesystem::path&, int);

}  // namespace example
