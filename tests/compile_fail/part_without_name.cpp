// A part that does not exist.
// expect: depix: the network has no part of this name
// expect: no_such_part.*asked_for.*encodr.*there_are.*encoder.*decoder
#include "depix/model_part.hpp"
#include "depix/models/depixelizer.hpp"

int main() {
    const depix::Model<depix::Depixelizer> model;
    return depix::part<"encodr">(model).parameters().empty() ? 1 : 0;
}
