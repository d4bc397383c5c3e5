// Preloaded: a disk whose fsync takes FSYNC_MICROSECONDS, for machines where it takes next to nothing.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static int slowly(const char* name, int fd) {
  const char* delay = getenv("FSYNC_MICROSECONDS");
  usleep(delay ? (useconds_t)atoi(delay) : 0);
  return ((int (*)(int))dlsym(RTLD_NEXT, name))(fd);
}

int fsync(int fd) { return slowly("fsync", fd); }
int fdatasync(int fd) { return slowly("fdatasync", fd); }
