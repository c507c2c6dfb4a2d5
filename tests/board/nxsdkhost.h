// What the host's snip of nengo-loihi needs of NxSDK's header of this name.
#ifndef NXSDKHOST_H
#define NXSDKHOST_H

#include <atomic>
#include <cstdint>

class ConcurrentHostSnip {
  public:
    virtual ~ConcurrentHostSnip() = default;
    virtual void run(std::atomic_bool &end_of_execution) = 0;
};

void readChannel(const char *channel, void *elements, int count);
void writeChannel(const char *channel, const void *elements, int count);
bool probeChannel(const char *channel);

#define REGISTER_SNIP(process, kind) kind *made_##process() { return new process(); }

#endif
