// JsonValue: any JSON text as a value, for files whose members are not all known.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "depix/io/json.hpp"

namespace depix::detail {

/// A JSON value. Of another kind than asked for it is empty: text is "", number is 0, there are no items.
struct JsonValue {
    enum class Kind { Null, Boolean, Number, Text, Array, Object };

    Kind kind = Kind::Null;
    double number = 0;  ///< 1 for true
    std::string text;
    std::vector<JsonValue> items;    ///< of an array; of an object: its members' values
    std::vector<std::string> names;  ///< of an object: its members' names

    /// The member of that name; a null if there is none.
    const JsonValue& operator[](std::string_view name) const {
        static const JsonValue none;
        for (std::size_t i = 0; i < names.size(); ++i)
            if (names[i] == name) return items[i];
        return none;
    }
};

/// Reads a whole value. Throws FileError for a nesting of more than 64, as JsonReader does for what is no JSON.
inline JsonValue read_json(JsonReader& reader, int depth = 0) {
    if (depth > 64) reader.fail("a nesting of more than 64");
    JsonValue value;
    switch (reader.peek()) {
        case '{':
            value.kind = JsonValue::Kind::Object;
            reader.object([&](const std::string& name) {
                value.names.push_back(name);
                value.items.push_back(read_json(reader, depth + 1));
            });
            break;
        case '[':
            value.kind = JsonValue::Kind::Array;
            reader.array([&] { value.items.push_back(read_json(reader, depth + 1)); });
            break;
        case '"':
            value.kind = JsonValue::Kind::Text;
            value.text = reader.string();
            break;
        default:
            if (reader.accept_word("null")) break;
            const bool is_true = reader.accept_word("true");
            if (is_true || reader.accept_word("false")) {
                value.kind = JsonValue::Kind::Boolean;
                value.number = is_true ? 1 : 0;
            } else {
                value.kind = JsonValue::Kind::Number;
                value.number = reader.number();
            }
    }
    return value;
}

}  // namespace depix::detail
