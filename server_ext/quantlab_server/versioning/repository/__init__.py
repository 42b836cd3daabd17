"""The queries of saved objects. Each names the tenant and who may see the row; the database's policies say it again."""
