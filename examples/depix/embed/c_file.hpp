// CFile: the arrays and the functions of a C file while it is written.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace tool {

class CFile {
  public:
    /// Notes that the file needs this function of c_functions.hpp, and returns its name.
    std::string use(const std::string& function);
    bool uses(const std::string& function) const { return used_.contains(function); }

    /// Writes an array with a comment before it, and returns its name. Throws depix::Error for a value that is not
    /// finite.
    std::string array(const std::string& comment, const std::vector<float>& values);
    std::string array(const std::string& comment, const std::vector<std::int8_t>& values);
    std::string array(const std::string& comment, const std::vector<std::int32_t>& values);
    /// Writes anything else that must stand between the arrays.
    void add(const std::string& text) { arrays_ += text; }

    const std::string& arrays() const { return arrays_; }
    /// The functions that are used.
    std::string functions() const;

  private:
    template <class T>
    std::string array_of(const char* type, const std::string& comment, const std::vector<T>& values);

    std::set<std::string> used_;
    std::string arrays_;
    int count_ = 0;
};

}  // namespace tool
