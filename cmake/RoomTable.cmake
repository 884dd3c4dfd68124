# The table of rooms, in dependency order. A room may include the rooms it USES (all stand above its own line, so a
# cycle cannot be written) and only the outside headers it WRAPS, and those only below src/. CheckRooms.cmake holds every
# #include against this table.
#          room       may include                                             outside headers          link targets
pipit_room(base                                                                                        LINKS pipit_expected pipit_fmt)
pipit_room(sys        USES base                                                WRAPS POSIX              LINKS Threads::Threads)
pipit_room(packaging  USES base                                                WRAPS nlohmann/ toml++/  LINKS pipit_json pipit_toml)
pipit_room(model      USES base packaging)
pipit_room(net        USES base sys                                            WRAPS curl/ openssl/     LINKS pipit_curl pipit_openssl)
pipit_room(archive    USES base sys                                            WRAPS archive libdeflate.h zlib.h LINKS pipit_archive_lib pipit_deflate)
pipit_room(verify     USES base packaging                                      WRAPS openssl/           LINKS pipit_openssl)
pipit_room(python     USES base sys packaging                                  WRAPS nlohmann/          LINKS pipit_json)
pipit_room(index      USES base sys packaging model net archive)
pipit_room(resolve    USES base packaging model)
pipit_room(wheel      USES base sys packaging archive verify)
pipit_room(build      USES base sys packaging archive python                  WRAPS nlohmann/          LINKS pipit_json)
pipit_room(fetch      USES base sys packaging model net archive verify index resolve wheel build)
pipit_room(install    USES base sys packaging model verify python wheel        WRAPS nlohmann/          LINKS pipit_json)
pipit_room(ops        USES base sys packaging model net archive verify python index resolve wheel build fetch install WRAPS nlohmann/ LINKS pipit_json)
pipit_room(cli        USES base sys packaging model ops                        WRAPS CLI/               LINKS pipit_cli11)
