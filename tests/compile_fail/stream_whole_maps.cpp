// expect: depix: this layer's kernel knows whole maps only
// expect: layer_does_not_stream<Shift>
#include <depix/layers/conv.hpp>
#include <depix/streaming_inference.hpp>
using namespace depix;

// y[i] = x[i - 1]: a row depends on the row above, and its kernel does not say how it computes some rows only.
struct Shift : LayerBase<Shift> {
    static constexpr const char* name = "Shift";
    static constexpr Traits traits{};
    static constexpr RowRange needs(RowRange rows) { return {rows.first - 1, rows.last - 1}; }
};
template <>
struct depix::kernels::Kernel<Reference, Shift> {
    template <class T>
    static void forward(const Forward<T>& a) {
        fill(a.output, T(0));
        copy(a.input.rows(0, a.input.height - 1), a.output.rows(1, a.output.height - 1));
    }
};

StreamingInference<Sequential<Conv<1, 2>, Shift>, 32> firmware;
