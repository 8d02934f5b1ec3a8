using EmbeddingAdmin.Web;
using EmbeddingAdmin.Web.Commands;

var line = new CommandLine(args);
Settings.ForgetForeignVariables();
return await line.RunAsync(DashboardCommand.Create(line));
