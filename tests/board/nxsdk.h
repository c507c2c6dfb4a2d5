// What snips of nengo-loihi need of NxSDK's header of this name: types, and functions.
#ifndef NXSDK_H
#define NXSDK_H

#include <stdint.h>
#include <stdio.h>

typedef struct {
    int time_step;
    int total_steps;
    int32_t userData[4096];
} runState;

typedef struct {
    uint32_t id;
} CoreId;

typedef struct {
    int32_t U;
    int32_t V;
} CxState;

typedef struct {
    uint32_t Yspike0, Yspike1, Yspike2, Yepoch0, Yepoch1, Yepoch2;
    uint32_t Tspike, TraceProfile, StdpProfile;
} PostTraceEntry;

typedef struct {
    CxState cx_state[1024];
    PostTraceEntry stdp_post_state[1024];
} NeuronCore;

NeuronCore *neuron_ptr(CoreId core);
#define NEURON_PTR(core) neuron_ptr(core)

int getChannelID(const char *name);
void readChannel(int channel, void *elements, int count);
void writeChannel(int channel, const void *elements, int count);
void nx_send_discrete_spike(int time, CoreId core, int axon);
void nx_send_pop16_spike(int time, CoreId core, int axon, int atom, int bits);
void nx_send_pop32_spike(int time, CoreId core, int axon, int atom, int a, int b, int c);

#endif
