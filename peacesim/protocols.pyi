from sim.protocols import *
