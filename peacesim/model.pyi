from sim.model import *
