// What `depix evaluate` measures: kinds of damage, the models that are meant for each, and what needs no training.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "depix/random.hpp"
#include "depix/tensor.hpp"

namespace tool {

/// A damaged picture, and all that it is restored and measured with.
struct Damaged {
    depix::Image picture;  // as a file would hold it; of a picture with holes, these are white
    depix::Image truth;    // what a perfect restoration gives
    depix::Image mask;     // 1 where a pixel is missing; without pixels if none is
};

/// One kind of damage, at one strength.
struct DamageKind {
    std::string name;
    std::function<Damaged(const depix::Image& clean, bool is_grey, depix::Random&)> draw;
    int jpeg_quality = 0;  // of the file; 0: no JPEG
    std::string right;     // the model that should be chosen for it (choose.hpp); empty: none
};

/// A method that needs no training.
struct ClassicalMethod {
    std::string name;
    std::function<depix::Image(const Damaged&)> restore;
};

/// A table: its rows are the damages, its columns the methods and the models.
struct Evaluation {
    std::string name;   // as --task takes it
    std::string title;  // what is measured, and in what
    std::vector<DamageKind> damages;
    std::vector<ClassicalMethod> methods;
    std::vector<std::string> models;  // of `depix list`; those that are missing there are left out
    std::function<double(const depix::Image& restored, const Damaged&)> score;
    int scale = 1;              // of the truth; 1: the damaged picture can be measured itself
    bool is_choosable = false;  // the damage is one that choose() knows
};

/// Tables for clean photographs. Without the font Roboto, which draws text into pictures, holes are left out.
std::vector<Evaluation> photograph_evaluations();

/// Tables for clean pages, grey. Throws depix::FileError if there is no font at all to draw watermarks with.
std::vector<Evaluation> page_evaluations();

}  // namespace tool
