# What is installed beside the program, and the Debian package: `./dev package`. All of it is made
# anew from the same commit to the same bytes.
include(GNUInstallDirs)
set(made ${CMAKE_BINARY_DIR}/package)
set(from ${CMAKE_SOURCE_DIR}/docs)

# Files bear the commit's time.
set(epoch $ENV{SOURCE_DATE_EPOCH})
if(NOT epoch)
  execute_process(COMMAND git log -1 --format=%ct WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
                  OUTPUT_VARIABLE epoch OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT epoch)
  set(epoch 0)
endif()
# make_file(FILE COMMAND DEPENDENCY…): what a shell command writes to its standard output.
function(make_file file command)
  add_custom_command(OUTPUT ${made}/${file} COMMAND sh -c "${command} >'${made}/${file}.part'"
                     COMMAND mv ${file}.part ${file} WORKING_DIRECTORY ${made} DEPENDS ${ARGN} VERBATIM)
  set_property(GLOBAL APPEND PROPERTY package_files ${made}/${file})
endfunction()

file(MAKE_DIRECTORY ${made})
configure_file(${from}/package/wary.service.in ${made}/wary.service @ONLY)
foreach(page wary.1 wary.conf.5)
  make_file(${page}.gz "'${from}/man/page.sh' '$<TARGET_FILE:wary>' '${from}/man/${page}.in' | gzip -9n"
            wary ${from}/man/page.sh ${from}/man/${page}.in)
endforeach()
make_file(changelog.gz "gzip -9nc '${from}/package/changelog'" ${from}/package/changelog)
make_file(CHANGELOG.md.gz "gzip -9nc '${CMAKE_SOURCE_DIR}/CHANGELOG.md'" ${CMAKE_SOURCE_DIR}/CHANGELOG.md)
if(NODE)
  set(lock ${CMAKE_SOURCE_DIR}/web/ui/package-lock.json)
  make_file(wary.spdx.json "'${NODE}' '${from}/package/sbom.mjs' '$<TARGET_FILE:wary>' '${lock}' ${PROJECT_VERSION} ${epoch}"
            wary ${from}/package/sbom.mjs ${lock})
endif()
get_property(package_files GLOBAL PROPERTY package_files)
add_custom_target(package_files ALL DEPENDS ${package_files})

install(FILES ${made}/wary.service DESTINATION lib/systemd/system)
install(FILES ${from}/package/sysusers.conf DESTINATION lib/sysusers.d RENAME wary.conf)
install(FILES ${from}/package/wary.conf DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/wary)
install(FILES ${from}/package/logrotate.conf DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/logrotate.d RENAME wary)
install(FILES ${from}/completion/wary.bash DESTINATION share/bash-completion/completions RENAME wary)
install(FILES ${from}/completion/_wary DESTINATION share/zsh/vendor-completions)
install(FILES ${made}/wary.1.gz DESTINATION share/man/man1)
install(FILES ${made}/wary.conf.5.gz DESTINATION share/man/man5)
install(FILES ${from}/package/copyright ${made}/changelog.gz ${made}/CHANGELOG.md.gz ${CMAKE_SOURCE_DIR}/README.md
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(NODE)
  install(FILES ${made}/wary.spdx.json DESTINATION ${CMAKE_INSTALL_DOCDIR})
endif()
install(DIRECTORY ${from}/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs
        FILES_MATCHING PATTERN "*.md" PATTERN "*.yml" PATTERN "dashboard.json"
        PATTERN package EXCLUDE PATTERN man EXCLUDE PATTERN completion EXCLUDE)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME wary)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The wary maintainers <wary@packages.debian.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "risk of a network's devices, by how they behave")
set(CPACK_PACKAGE_DESCRIPTION
"wary watches a network from a mirror port, learns how each device behaves, and
says how far it may be trusted right now, with reasons: to access decisions
(OpenID AuthZEN, nginx, Envoy, MQTT brokers), dashboards and people.
It needs nothing on any device and sends nothing on the port it watches.")
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
    GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS passwd)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ieee-data)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
file(WRITE ${made}/conffiles "/etc/wary/wary.conf\n/etc/logrotate.d/wary\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${made}/conffiles ${from}/package/postinst ${from}/package/prerm
    ${from}/package/postrm)

file(WRITE ${made}/epoch.cmake
  "if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})\n  set(ENV{SOURCE_DATE_EPOCH} ${epoch})\nendif()\n")
set(CPACK_PROJECT_CONFIG_FILE ${made}/epoch.cmake)
include(CPack)
