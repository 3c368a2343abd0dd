// pickle: reads Python's pickles as data. Nothing in them is executed.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/json.hpp"

namespace depix::pickle {

enum class Kind : std::uint8_t {
    None,
    Bool,
    Integer,
    BigInteger,  ///< beyond 64 bits; its value is not kept
    Float,
    Text,
    Bytes,
    Tuple,
    List,
    Set,
    Dict,       ///< items: key, value, key, value, ...
    Name,       ///< a class or function; items: module, name
    Object,     ///< what a call would make; items: the called Name, the arguments' Tuple
    Persistent  ///< an object that lies elsewhere; items: what identifies it
};

using Index = std::uint32_t;  ///< of a value among Pickle::values

/// One value. Containers refer to their items by index, so that shared items and cycles need no care here; who walks
/// through them must expect both.
struct Value {
    Kind kind = Kind::None;
    std::int64_t integer = 0;    ///< of Bool and Integer
    double number = 0;           ///< of Float
    std::string_view text = {};  ///< of Text and Bytes, inside the pickle
    std::vector<Index> items = {};
};

/// What becomes of a call in the pickle.
enum class Call {
    Refuse,  ///< an error that names what is called
    Keep,    ///< an Object, which holds name and arguments; what is done to it later is passed over
    Dict,    ///< a Dict: the call makes a mapping of its argument
};

/// Judges calls by the full name, "collections.OrderedDict". It is the list of what is allowed.
using Judge = Call (*)(std::string_view name);

/// A pickle of protocol 2 to 5: https://docs.python.org/3/library/pickletools.html.
///
/// A pickle is a program for a machine with a stack, and may call any function of Python. This machine only builds
/// Values: a call becomes an Object or a Dict if the judge allows its name, and otherwise an error that states the
/// name. Errors are FileErrors with the file and the byte. Memory is limited to 2^22 values with 2^24 items in all.
class Pickle {
  public:
    std::vector<Value> values;
    Index root = 0;
    std::size_t end = 0;  ///< of the pickle in `bytes`

    /// Reads the pickle that begins at `begin` of `bytes`, which must outlive this object.
    Pickle(std::span<const std::byte> bytes, std::size_t begin, const std::string& path, Judge judge)
        : text_(reinterpret_cast<const char*>(bytes.data()), bytes.size()), at_(begin), path_(path), judge_(judge) {
        if (text_.substr(at_).size() < 2 || text_[at_] != '\x80' || text_[at_ + 1] < 2 || text_[at_ + 1] > 5)
            fail("no pickle of protocol 2 to 5 begins here");
        at_ += 2;
        while (step()) {
        }
        end = at_;
    }

    const Value& operator[](Index index) const { return values[index]; }

    /// "module.name" of a Name.
    std::string full_name(const Value& name) const {
        return std::string(values[name.items[0]].text) + "." + std::string(values[name.items[1]].text);
    }

  private:
    /// Executes one operation of the machine; false at the end.
    bool step() {
        const auto operation = static_cast<unsigned char>(take(1)[0]);
        switch (operation) {
            // clang-format off
            case '.': root = pop(); return false;
            case 0x95: if (number(8) > text_.size() - at_) fail("a frame that is cut off"); break;
            case '(': marks_.push_back(stack_.size()); break;
            case '0': pop(); break;
            case '1': pop_mark(); break;
            case '2': stack_.push_back(top()); break;
            case 'N': push({}); break;
            case 0x88: push({.kind = Kind::Bool, .integer = 1}); break;
            case 0x89: push({.kind = Kind::Bool, .integer = 0}); break;
            case 'J': push_integer(static_cast<std::int32_t>(number(4))); break;
            case 'K': push_integer(static_cast<std::int64_t>(number(1))); break;
            case 'M': push_integer(static_cast<std::int64_t>(number(2))); break;
            case 0x8A: push_long(number(1)); break;
            case 0x8B: push_long(number(4)); break;
            case 'G': push({.kind = Kind::Float, .number = big_endian_double()}); break;
            case 'X': case 'T': push({.kind = Kind::Text, .text = take(number(4))}); break;
            case 'U': case 0x8C: push({.kind = Kind::Text, .text = take(number(1))}); break;
            case 0x8D: push({.kind = Kind::Text, .text = take(number(8))}); break;
            case 'B': push({.kind = Kind::Bytes, .text = take(number(4))}); break;
            case 'C': push({.kind = Kind::Bytes, .text = take(number(1))}); break;
            case 0x8E: case 0x96: push({.kind = Kind::Bytes, .text = take(number(8))}); break;
            case ')': push({.kind = Kind::Tuple}); break;
            case 't': push_items(Kind::Tuple, pop_mark()); break;
            case 0x85: push_items(Kind::Tuple, pop(1)); break;
            case 0x86: push_items(Kind::Tuple, pop(2)); break;
            case 0x87: push_items(Kind::Tuple, pop(3)); break;
            case ']': push({.kind = Kind::List}); break;
            case 'l': push_items(Kind::List, pop_mark()); break;
            case 'a': extend(Kind::List, pop(1)); break;
            case 'e': extend(Kind::List, pop_mark()); break;
            case '}': push({.kind = Kind::Dict}); break;
            case 'd': push_items(Kind::Dict, pop_mark()); break;
            case 's': extend(Kind::Dict, pop(2)); break;
            case 'u': extend(Kind::Dict, pop_mark()); break;
            case 0x8F: push({.kind = Kind::Set}); break;
            case 0x90: extend(Kind::Set, pop_mark()); break;
            case 0x91: push_items(Kind::Set, pop_mark()); break;
            case 'h': get(number(1)); break;
            case 'j': get(number(4)); break;
            case 'q': put(number(1)); break;
            case 'r': put(number(4)); break;
            case 0x94: put(memo_.size()); break;
            case 'c': push({.kind = Kind::Text, .text = line()}), push({.kind = Kind::Text, .text = line()}); [[fallthrough]];
            case 0x93: push_name(pop(2)); break;
            case 'R': case 0x81: call(pop(2)); break;
            case 0x92: pop(); call(pop(2)); break;  // the keyword arguments are not kept
            case 'b': pop(); check_state(); break;
            case 'Q': push_items(Kind::Persistent, pop(1)); break;
            // clang-format on
            default:
                fail("operation " + std::to_string(operation) + " is not read" +
                     (last_name_.empty() ? "" : "; the last name before it is " + last_name_));
        }
        return true;
    }

    /// The next `size` bytes of the pickle.
    std::string_view take(std::uint64_t size) {
        if (size > text_.size() - at_) fail("is cut off");
        const std::string_view bytes = text_.substr(at_, size);
        at_ += bytes.size();
        return bytes;
    }
    std::uint64_t number(std::size_t size) {
        const std::string_view bytes = take(size);
        std::uint64_t value = 0;
        for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
        return value;
    }
    double big_endian_double() {
        std::uint64_t bits = 0;
        for (const char byte : take(8)) bits = bits << 8 | static_cast<unsigned char>(byte);
        return std::bit_cast<double>(bits);
    }
    std::string_view line() {
        const std::size_t length = text_.substr(at_).find('\n');
        if (length == std::string_view::npos) fail("is cut off");
        return take(length + 1).substr(0, length);
    }

    void push(Value value) {
        charge(value.items.size());
        if (values.size() == maximum_values) fail("has more than " + std::to_string(maximum_values) + " values");
        values.push_back(std::move(value));
        stack_.push_back(static_cast<Index>(values.size() - 1));
    }
    void push_items(Kind kind, std::vector<Index> items) {
        if (kind == Kind::Dict && items.size() % 2 != 0) fail("a key without a value");
        push({.kind = kind, .items = std::move(items)});
    }
    void push_integer(std::int64_t value) { push({.kind = Kind::Integer, .integer = value}); }

    /// A number in two's complement, of any size.
    void push_long(std::uint64_t size) {
        const std::string_view bytes = take(size);
        if (size > 8) return push({.kind = Kind::BigInteger});
        std::uint64_t value =
            size > 0 && (static_cast<unsigned char>(bytes.back()) & 0x80) != 0 ? ~std::uint64_t{0} : 0;
        for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
        push_integer(static_cast<std::int64_t>(value));
    }

    Index top() const {
        if (stack_.size() <= bottom()) fail("takes from an empty stack");
        return stack_.back();
    }
    Index pop() {
        const Index index = top();
        stack_.pop_back();
        return index;
    }
    std::vector<Index> pop(std::size_t count) {
        if (stack_.size() - bottom() < count) fail("takes from an empty stack");
        return cut(stack_.size() - count);
    }
    std::vector<Index> pop_mark() {
        if (marks_.empty()) fail("goes back to a mark that is not there");
        const std::size_t begin = marks_.back();
        marks_.pop_back();
        return cut(begin);
    }
    std::vector<Index> cut(std::size_t begin) {
        const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(begin);
        std::vector<Index> items(first, stack_.end());
        stack_.erase(first, stack_.end());
        return items;
    }
    std::size_t bottom() const { return marks_.empty() ? 0 : marks_.back(); }

    void get(std::uint64_t key) {
        const auto found = memo_.find(key);
        if (found == memo_.end()) fail("uses a value that was not stored");
        charge(1);
        stack_.push_back(found->second);
    }
    void put(std::uint64_t key) { memo_[key] = top(); }

    void push_name(std::vector<Index> module_and_name) {
        for (const Index part : module_and_name)
            if (values[part].kind != Kind::Text || !is_utf8(values[part].text)) fail("a name that is not text");
        push_items(Kind::Name, std::move(module_and_name));
        last_name_ = full_name(values.back());
    }

    /// Appends to the container on top of the stack. Objects may be lists or mappings; what is put in is passed over.
    void extend(Kind kind, std::vector<Index> items) {
        Value& container = values[top()];
        if (container.kind == Kind::Object) return;
        if (container.kind != kind) fail("puts items into what is no container");
        if (kind == Kind::Dict && items.size() % 2 != 0) fail("a key without a value");
        charge(items.size());
        container.items.insert(container.items.end(), items.begin(), items.end());
    }

    /// The state of an object, which was just taken away, is passed over.
    void check_state() const {
        const Kind kind = values[top()].kind;
        if (kind != Kind::Object && kind != Kind::Dict && kind != Kind::Set)
            fail("sets the state of what is no object");
    }

    void call(std::vector<Index> name_and_arguments) {
        const Value& callee = values[name_and_arguments[0]];
        if (callee.kind != Kind::Name) fail("calls what is not a name; the last name before it is " + last_name_);
        const Value& arguments = values[name_and_arguments[1]];
        if (arguments.kind != Kind::Tuple) fail("calls " + full_name(callee) + " without arguments");
        switch (judge_(full_name(callee))) {
            case Call::Refuse:
                fail("calls " + full_name(callee) +
                     ", which is not on the list of what a weights file may build. Nothing was executed. If you trust "
                     "the file, Python can take the weights out: torch.save(torch.load(path)[\"state_dict\"], "
                     "\"weights.pth\"), or of a whole model torch.save(model.state_dict(), \"weights.pth\")");
            case Call::Keep:
                return push_items(Kind::Object, std::move(name_and_arguments));
            case Call::Dict:
                return push_items(Kind::Dict, mapping(arguments));
        }
    }

    /// The items of dict(arguments): of a mapping, or of a list of pairs.
    std::vector<Index> mapping(const Value& arguments) const {
        if (arguments.items.empty()) return {};
        const Value& from = values[arguments.items[0]];
        if (from.kind == Kind::Dict) return from.items;
        std::vector<Index> items;
        if (from.kind == Kind::List)
            for (const Index pair : from.items) {
                if (values[pair].items.size() != 2) fail("makes a dict of what are no pairs");
                items.insert(items.end(), values[pair].items.begin(), values[pair].items.end());
            }
        return items;  // of a defaultdict, the argument is the factory
    }

    void charge(std::size_t items) {
        items_ += items;
        if (items_ > maximum_items) fail("has more than " + std::to_string(maximum_items) + " items");
    }

    [[noreturn]] void fail(const std::string& what) const {
        detail::fail(FileError(path_, "pickle, byte " + std::to_string(at_) + ": " + what));
    }

    static constexpr std::size_t maximum_values = std::size_t{1} << 22, maximum_items = std::size_t{1} << 24;

    std::string_view text_;
    std::size_t at_ = 0;
    std::string path_;
    Judge judge_;
    std::vector<Index> stack_;
    std::vector<std::size_t> marks_;  // sizes of the stack
    std::unordered_map<std::uint64_t, Index> memo_;
    std::string last_name_;  // for messages
    std::size_t items_ = 0;
};

}  // namespace depix::pickle
