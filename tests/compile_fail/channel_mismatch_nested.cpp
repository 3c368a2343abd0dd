// The index counts inside the innermost Sequential that does not fit.
// expect: depix: channel mismatch
// expect: channel_mismatch<.*layer_index<1>.*expects<16>.*gets<24>
#include <depix/models/depixelizer.hpp>  // for the layers
using namespace depix;

using Network = Sequential<Named<"encoder", Conv<3, 24>, ReLU>, Named<"decoder", Conv<16, 3>>>;
static_assert(Network::parameter_count > 0);
