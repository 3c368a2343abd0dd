// Checks observe: the names, kinds, shapes and values of every layer, against a textbook that has no plan.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "agree.hpp"
#include "depix/observe.hpp"

namespace depix_test {

/// One layer's output.
template <class T>
struct Observation {
    std::string name, kind;
    Tensor<T> output;
};

/// A visitor that computes every layer with its textbook kernel as the network's type is walked, and keeps each output
/// in memory of its own.
template <class T>
class Textbook {
  public:
    template <class Network>
    Textbook(const Model<Network, T>& model, const Tensor<T>& picture)
        : parameters_(model.parameters().data()), statistics_(model.statistics().data()), maps_{picture} {
        walk<Network>(*this, 0);
        maps_.erase(maps_.begin());
    }
    const std::vector<Tensor<T>>& outputs() const { return maps_; }

    void enter(const char*) {}
    void enter(int) {}
    void leave() {}
    template <Layer L>
    int layer(int input) {
        return compute<L>(input, -1, L::output(shape(input)));
    }
    template <class Join>
    int join(int a, int b) {
        return compute<Join>(a, b, detail::joined_shape<Join>(shape(a), shape(b)));
    }

    void tap(const char* name, int map) { taps_[name] = map; }
    template <int>
    int use(const char* name) {
        return taps_.at(name);
    }

  private:
    Shape shape(int map) const { return maps_[static_cast<std::size_t>(map)].shape; }
    template <Layer L>
    int compute(int input, int other, Shape result) {
        Tensor<T> output(1, result);
        kernels::Forward<T> call;
        call.input = std::as_const(maps_)[static_cast<std::size_t>(input)].view();
        if (other >= 0) call.other = std::as_const(maps_)[static_cast<std::size_t>(other)].view();
        call.output = output.view();
        call.parameters = parameters_;
        call.statistics = statistics_;
        kernels::Kernel<Reference, L>::forward(call);
        parameters_ += count_tensors<L>(true);
        statistics_ += count_tensors<L>(false);
        maps_.push_back(std::move(output));
        return static_cast<int>(maps_.size()) - 1;
    }

    const T *parameters_, *statistics_;
    std::vector<Tensor<T>> maps_;
    std::map<std::string, int> taps_;
};

template <class Backend, class Network, class T>
std::vector<Observation<T>> observe_all(const Inference<Network, Backend, T>& inference, const Tensor<T>& picture) {
    std::vector<Observation<T>> all;
    observe(inference, picture, [&](std::string_view name, std::string_view kind, View<const T> output) {
        REQUIRE(output.batch == 1);
        Observation<T>& one = all.emplace_back();
        one.name = name;
        one.kind = kind;
        one.output = Tensor<T>(1, output.shape());
        copy(output, one.output.view());
    });
    return all;
}

/// The names of all layers and joins, in one text.
template <class Network>
std::string layer_names_of() {
    std::string text;
    for (const std::string& name : layer_names<Network>()) text.append(text.empty() ? "" : " ").append(name);
    return text;
}

/// Names: no two are equal, and every parameter's name begins with that of its layer.
template <class Network, class T>
void check_names(const std::vector<Observation<T>>& all) {
    std::set<std::string> names;
    for (const Observation<T>& one : all) CHECK(names.insert(one.name).second);
    const Model<Network> model;
    for (const auto& tensor : model.tensors()) {
        CAPTURE(tensor.name);
        CHECK(names.contains(tensor.name.substr(0, tensor.name.rfind('.'))));
    }
}

/// Checks every layer of a network for a picture of this shape.
template <class Network>
void check_observed(Shape shape) {
    CAPTURE(to_string(shape));
    const Model<Network> model = lively_model<Network>();
    const Model<Network, double> exact_model{model};
    const auto picture = noise<float>(1, shape, 3);
    const auto exact_picture = noise<double>(1, shape, 3);
    const Textbook<double> exact(exact_model, exact_picture);
    const Textbook<float> textbook(model, picture);

    // Values of one type must be equal, because both are the textbook's; float is compared with double by a tolerance.
    const auto check = [&](const auto& all, const auto& expected) {
        REQUIRE(all.size() == expected.outputs().size());
        for (std::size_t i = 0; i < all.size(); ++i) {
            CAPTURE(all[i].name);
            CAPTURE(all[i].kind);
            const auto& values = all[i].output.data;
            const auto& wanted = expected.outputs()[i].data;
            CHECK(all[i].output.shape == expected.outputs()[i].shape);
            CHECK(all[i].kind == flatten<Network>().step(static_cast<int>(i)).layer.info->name);
            if constexpr (std::is_same_v<decltype(values), decltype(wanted)>)
                CHECK(values == wanted);
            else
                CHECK(largest_difference(values, wanted) <=
                      tolerance<Network>(largest_difference(textbook.outputs()[i].data, wanted), largest_of(wanted)));
        }
    };
    const Inference<Network, Reference, double> in_double{exact_model};
    const auto all = observe_all(in_double, exact_picture);
    check_names<Network>(all);
    check(all, exact);
    CHECK(all.back().output.data == in_double(exact_picture).data);
    check(observe_all(Inference<Network, Reference>{model}, picture), textbook);

    const auto restored = Inference<Network, Cpu>{model, 1}(picture).data;
    for (const int threads : {1, 3}) {
        CAPTURE(threads);
        const Inference<Network, Unfused<Cpu>> unfused{model, threads};
        // What the previous picture left in the workspace must not affect the result.
        observe_all(unfused, Tensor<float>(1, shape, std::numeric_limits<float>::quiet_NaN()));
        const auto seen = observe_all(unfused, picture);
        check(seen, exact);
        CHECK(seen.back().output.data == unfused(picture).data);
        const auto& truth = exact.outputs().back().data;
        CHECK(largest_difference(seen.back().output.data, restored) <=
              2 * tolerance<Network>(largest_difference(textbook.outputs().back().data, truth), largest_of(truth)));
    }
}

}  // namespace depix_test
