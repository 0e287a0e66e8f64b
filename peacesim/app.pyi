from sim.app import *
