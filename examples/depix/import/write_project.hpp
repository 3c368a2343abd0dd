// write_project: a network that was read from a file, as a folder that compiles.
#pragma once

#include <filesystem>
#include <string>

#include "graph.hpp"
#include "network_type.hpp"

namespace tool {

/// "realesr-animevideov3-x4" as the name of a type: RealesrAnimevideov3X4. A name that begins with a digit gets Net
/// before it; without any letter or digit it is Network.
std::string type_name(const std::string& stem);

/// What the header of a network says, besides the network itself.
struct ProjectNames {
    std::string type;    ///< "RealesrAnimevideov3X4"
    std::string file;    ///< "realesr_animevideov3_x4": of the header, the weights and the program
    std::string source;  ///< the file's name, for the comment
};
ProjectNames project_names(const std::string& path);

/// A network that makes whole pictures: what network_type gives, and around one without padding ReplicationPadding.
struct WholePictureNetwork {
    NetworkType network;     ///< its definitions end with the type of the name that was asked for
    std::string inner_name;  ///< of the network itself; NAMEUnpadded, if it has no padding
};
WholePictureNetwork whole_picture_network(const Graph& graph, const std::string& name);

/// The header: the network as a type.
std::string project_header(const Graph& graph, const ProjectNames& names);

/// Writes NAME.hpp, NAME.safetensors, main.cpp and CMakeLists.txt into a folder, which is made. A program with these
/// four files restores a picture. Throws FileError; files of these names are replaced.
void write_project(const Graph& graph, const ProjectNames& names, const std::filesystem::path& folder);

}  // namespace tool
