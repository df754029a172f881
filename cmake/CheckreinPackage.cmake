# `cmake --install`, and `cpack` for a .deb and a relocatable tarball. Everything a program needs at run time is compiled into it, so what is
# installed is three programs, the C library with its header (CheckreinLibrary.cmake), and documents.
include(GNUInstallDirs)
install(TARGETS checkrein checkrein-tools checkrein-hook RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES README.md DESIGN.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
install(FILES data/system/checkrein.service DESTINATION lib/systemd/system)  # not enabled: `checkrein install --system` does that
install(FILES data/system/checkrein.sysusers DESTINATION lib/sysusers.d RENAME checkrein.conf)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs OPTIONAL)

set(CPACK_PACKAGE_NAME checkrein)
set(CPACK_PACKAGE_VENDOR Checkrein)
set(CPACK_PACKAGE_CONTACT "the Checkrein maintainers <maintainers@checkrein.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Let coding agents work unattended, and keep a record anyone can verify")
set(CPACK_GENERATOR "DEB;TGZ")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_FILE_NAME "checkrein-${PROJECT_VERSION}-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "z3, cvc5")  # `checkrein prove`, `policy check`, `policy diff`: without them, "not proved"
# No CPACK_PACKAGING_INSTALL_PREFIX: the .deb then goes below /usr, and the tarball has bin, lib, ... right below its one folder.
include(CPack)
