namespace EmbeddingAdmin.Web.Access;

/// <summary>Whether this is the demo: the program started the database and the API itself, and their rows are made up.</summary>
internal sealed class LocalDemo(IConfiguration configuration)
{
    public bool Running => configuration.GetValue<bool>(LocalDatabase.Running);
}
