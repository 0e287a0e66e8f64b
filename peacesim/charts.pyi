from sim.charts import *
