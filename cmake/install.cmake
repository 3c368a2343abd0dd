# The installed package: headers, find_package(depix) and pkg-config's depix. Nothing in it depends on the processor,
# so all of it but the headers goes below share/.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_DATADIR}/cmake/depix")

install(TARGETS depix EXPORT depixTargets FILE_SET HEADERS)
# These have exports of their own, so that a user without stb, xtensor, Eigen, MPI, CUDA or NCCL never meets its name.
install(TARGETS depix_pictures EXPORT depixPicturesTargets FILE_SET HEADERS)
install(TARGETS depix_data EXPORT depixDataTargets FILE_SET HEADERS)
install(TARGETS depix_eigen EXPORT depixEigenTargets FILE_SET HEADERS)
install(TARGETS depix_mpi EXPORT depixMpiTargets FILE_SET HEADERS)
install(TARGETS depix_cuda EXPORT depixCudaTargets)
install(TARGETS depix_nccl EXPORT depixNcclTargets)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" TYPE INCLUDE FILES_MATCHING PATTERN "*.cuh")
install(EXPORT depixTargets NAMESPACE depix:: DESTINATION "${package_dir}")
install(EXPORT depixPicturesTargets NAMESPACE depix:: DESTINATION "${package_dir}")
install(EXPORT depixDataTargets NAMESPACE depix:: DESTINATION "${package_dir}")
install(EXPORT depixEigenTargets NAMESPACE depix:: DESTINATION "${package_dir}")
install(EXPORT depixMpiTargets NAMESPACE depix:: DESTINATION "${package_dir}")
install(EXPORT depixCudaTargets NAMESPACE depix:: DESTINATION "${package_dir}")
install(EXPORT depixNcclTargets NAMESPACE depix:: DESTINATION "${package_dir}")

configure_package_config_file(cmake/depixConfig.cmake.in "${PROJECT_BINARY_DIR}/depixConfig.cmake"
                              INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/depixConfigVersion.cmake" COMPATIBILITY SameMinorVersion
                                 ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/depixConfig.cmake" "${PROJECT_BINARY_DIR}/depixConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindStb.cmake" "${PROJECT_SOURCE_DIR}/cmake/FindNCCL.cmake" DESTINATION "${package_dir}")

configure_file(cmake/depix.pc.in "${PROJECT_BINARY_DIR}/depix.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/depix.pc" DESTINATION "${CMAKE_INSTALL_DATADIR}/pkgconfig")
