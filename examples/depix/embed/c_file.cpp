#include "c_file.hpp"

#include <type_traits>

#include "c_functions.hpp"
#include "c_int8_functions.hpp"
#include "depix/error.hpp"
#include "depix/finite.hpp"
#include "depix/io/weights_header.hpp"

std::string tool::CFile::use(const std::string& function) {
    used_.insert(function);
    return function;
}

template <class T>
std::string tool::CFile::array_of(const char* type, const std::string& comment, const std::vector<T>& values) {
    const std::string name = "weights_" + std::to_string(count_++);
    std::string line = "   ";
    arrays_ +=
        "/* " + comment + " */\nstatic const " + type + " " + name + "[" + std::to_string(values.size()) + "] = {\n";
    for (const T value : values) {
        std::string literal =
            " ";  // not " " + a string, of which g++ 12 warns at -O3, where there is nothing to warn of
        if constexpr (std::is_same_v<T, float>) {
            if (!depix::is_finite(value)) throw depix::Error(comment + " holds a value that is not finite");
            literal.append(depix::detail::float_literal(value));
        } else {
            literal.append(std::to_string(value));
        }
        literal.append(",");
        if (line.size() + literal.size() > 120) {
            arrays_ += line + "\n";
            line = "   ";
        }
        line += literal;
    }
    arrays_ += line + "\n};\n";
    return name;
}

std::string tool::CFile::array(const std::string& comment, const std::vector<float>& values) {
    return array_of("float", comment, values);
}
std::string tool::CFile::array(const std::string& comment, const std::vector<std::int8_t>& values) {
    return array_of("int8_t", comment, values);
}
std::string tool::CFile::array(const std::string& comment, const std::vector<std::int32_t>& values) {
    return array_of("int32_t", comment, values);
}

std::string tool::CFile::functions() const {
    std::string text;
    const auto take = [&](const auto& functions) {
        for (const CFunction& function : functions)
            if (uses(std::string(function.name))) text += std::string(function.text) + "\n";
    };
    take(c_functions);
    take(c_int8_functions);
    return text;
}
