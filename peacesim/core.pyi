from sim.core import *
